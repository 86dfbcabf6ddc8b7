// Draws the charts of a report, for a phone or a wide page, and hands their colours to the stylesheet.
// Without this script the tables under the charts stay open and say the same.
(function () {
  "use strict";

  var phonePage = window.matchMedia("(max-width: 47.99rem)");
  var settings = { staticPlot: true, displayModeBar: false, responsive: false };

  function rgb(hex) {
    var n = parseInt(hex.slice(1), 16);
    return "rgb(" + (n >> 16) + ", " + ((n >> 8) & 255) + ", " + (n & 255) + ")";
  }

  // A colour that stands for a token becomes that token: dark, print and forced colours need no new drawing.
  function useTokens(place, tokens) {
    var byColour = {};
    Object.keys(tokens).forEach(function (hex) { byColour[rgb(hex)] = "var(--" + tokens[hex] + ")"; });
    place.querySelectorAll("svg *").forEach(function (node) {
      ["fill", "stroke"].forEach(function (property) {
        var token = byColour[node.style.getPropertyValue(property)];
        if (token) { node.style.setProperty(property, token); }
      });
    });
  }

  // The drawing scales with its place, on paper too.
  function scale(place, layout) {
    var container = place.querySelector(".svg-container");
    container.style.width = "100%";
    container.style.height = "auto";
    container.style.aspectRatio = layout.width + " / " + layout.height;
    place.querySelectorAll(".main-svg").forEach(function (svg) {
      svg.setAttribute("viewBox", "0 0 " + layout.width + " " + layout.height);
      svg.setAttribute("width", "100%");
      svg.setAttribute("height", "100%");
    });
  }

  function draw(picture, data, form) {
    var place = picture.querySelector("." + form);
    if (place.dataset.drawn) { return; }
    place.dataset.drawn = "yes";
    var figure = data[form];
    if (form === "phone") {
      figure.layout.width = Math.max(288, Math.min(480, Math.round(place.clientWidth) || figure.layout.width));
    }
    window.Plotly.newPlot(place, figure.data, figure.layout, settings).then(function () {
      scale(place, figure.layout);
      useTokens(place, data.tokens);
    });
  }

  function prepare(picture) {
    ["wide", "phone"].forEach(function (form) {
      var place = document.createElement("div");
      place.className = form;
      place.setAttribute("aria-hidden", "true");
      picture.appendChild(place);
    });
    return JSON.parse(document.getElementById(picture.dataset.chart).textContent);
  }

  // Every printed page of made-up answers says so at its foot, in the words of the strip.
  function markPaper() {
    var strip = document.querySelector(".strip");
    if (!strip) { return; }
    var words = JSON.stringify(strip.textContent.trim().replace(/\s+/g, " "));
    var ours = document.getElementById("plotly.js-style-global").sheet;
    var foot = "font: 600 8pt system-ui, sans-serif; width: 100%; content: " + words;
    ours.insertRule("@page { @bottom-left { " + foot + " } }", ours.cssRules.length);
  }

  function start() {
    markPaper();
    if (!window.Plotly) { return; }
    var charts = Array.prototype.map.call(document.querySelectorAll(".picture"), function (picture) {
      return { picture: picture, data: prepare(picture) };
    });
    function drawAll(form) {
      charts.forEach(function (chart) { draw(chart.picture, chart.data, form); });
    }
    function drawNow() { drawAll(phonePage.matches ? "phone" : "wide"); }
    drawNow();
    phonePage.addEventListener("change", drawNow);
    // Paper shows the wide drawing, which a phone has not made yet.
    window.addEventListener("beforeprint", function () {
      document.documentElement.classList.add("to-paper");
      drawAll("wide");
    });
    window.addEventListener("afterprint", function () {
      document.documentElement.classList.remove("to-paper");
    });
    document.querySelectorAll("details.behind").forEach(function (table) { table.open = false; });
  }

  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", start);
  } else {
    start();
  }
})();
