// All works without this script.
(function () {
  "use strict";

  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];

  // The rules of questionnaires/expressions; unknown is null.
  const SPECIAL = ["!dont_know", "!prefer_not", "!not_applicable"];
  const SIGNS = {
    "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b,
    "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  };
  const isSet = Array.isArray;
  const isNumber = (value) => typeof value === "number" && isFinite(value);
  const isTruth = (value) => typeof value === "boolean";
  const known = (value) => (isNumber(value) || isTruth(value) || typeof value === "string" || isSet(value) ? value : null);
  const has = (value, wanted) => (isSet(value) ? value : [value]).includes(wanted);

  function evaluate(tree, answers) {
    if (!isSet(tree)) return null;
    const [operation, first, second, third] = tree;
    const worth = (part) => evaluate(part, answers);
    const given = known(answers[first]);
    switch (operation) {
      case "value": return known(first);
      case "answer": return given;
      case "answered": return given !== null;
      case "count": return isSet(given) ? given.length : given === null || SPECIAL.includes(given) ? 0 : 1;
      case "first": {
        const chosen = isSet(given) ? known(given[0]) : given;
        return chosen === null ? worth(second) : chosen;
      }
      case "not": {
        const truth = worth(first);
        return isTruth(truth) ? !truth : null;
      }
      case "and":
      case "or": {
        const parts = tree.slice(1).map(worth);
        const decisive = operation === "or";
        return parts.includes(decisive) ? decisive : parts.every((part) => part === !decisive) ? !decisive : null;
      }
      case "in":
      case "contains": {
        const value = worth(first);
        const wanted = operation === "in" ? second : [worth(second)];
        return value === null || wanted[0] === null ? null : wanted.some((code) => has(value, code));
      }
      case "compare":
      case "arithmetic": {
        const [left, right] = [worth(second), worth(third)];
        if (first in SIGNS) return isNumber(left) && isNumber(right) ? known(SIGNS[first](left, right)) : null;
        return left === null || right === null || isSet(left) || isSet(right) ? null : (left === right) === (first === "==");
      }
    }
    return null;
  }

  let form, words, post, unsaved;

  const set = (name, value) => form.elements[name] && (form.elements[name].value = value);
  const say = (key, values) => (words[key] || "").replace(/{(\w+)}/g, (_, name) => values[name]);
  const ticks = (field) => /^(radio|checkbox)$/.test(field.type);
  const owner = (field) => field.closest("[data-question],.question") || field.name;
  const fields = () => all("[name]:not([type=hidden]):not([name^=_])", form);
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html");
  const notify = (field) => field.dispatchEvent(new Event("input", { bubbles: true }));

  function attempt(work) {
    try {
      return work();
    } catch (error) {
      return null;
    }
  }
  const data = (text) => attempt(() => JSON.parse(text));

  function make(tag, text, attributes) {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    return element;
  }

  const said = (field) =>
    field.disabled || all(":checked:disabled", field)[0] || (ticks(field) && !field.checked) ? "" : field.value;

  function answer(box) {
    const inside = all("[name]", box);
    const named = (part) => inside.filter((field) => field.name === box.dataset.question + part);
    const special = named(".special").map(said).find(Boolean);
    const values = named("").map(said).filter((value) => value.trim());
    const codes = values.map((value) => (/^\d+$/.test(value) ? Number(value) : "!" + value));
    if (special) return "!" + special;
    switch (box.dataset.kind) {
      case "code": return codes[0];
      case "codes": return codes.find(isNaN) || (values[0] && codes.sort((a, b) => a - b));
      case "text": return values[0];
      case "number": return /^\s*\d+([.,]\d*)?\s*$/.test(values[0]) ? Number(values[0].replace(",", ".")) : null;
      case "date": {
        const [year, month = "0", day = "0"] = [".year", ".month", ".day"].map((part) => named(part).map(said)[0]);
        return year && month && day ? year * 1e4 + month * 100 + Number(day) : null;
      }
      case "rank": {
        const ranked = inside.filter((field) => field.dataset.code && said(field));
        return ranked[0] && ranked.sort((a, b) => a.value - b.value).map((field) => Number(field.dataset.code));
      }
    }
  }

  const decide = (text, answers) => attempt(() => evaluate(JSON.parse(text), answers));

  function settle(part, answers) {
    if (!part.dataset.if) return;
    part.hidden = decide(part.dataset.if, answers) !== true;
    for (const field of [part, ...all("input,select,textarea,button,option", part)]) {
      if ("disabled" in field) field.disabled = Boolean(field.closest("[data-if][hidden]"));
    }
  }

  function update() {
    if (!form) return;
    const answers = Object.assign({}, data(form.dataset.known));
    for (const part of all("[data-question],[data-computed],[data-if]", form)) {
      const box = part.closest("[data-question]");
      if (part.dataset.computed) {
        const off = part.parentNode.closest("[hidden]") || (part.dataset.if && decide(part.dataset.if, answers) !== true);
        const value = decide(part.dataset.value, answers);
        answers[part.dataset.computed] = !off && (isNumber(value) || isTruth(value)) ? value : null;
      } else if (box === part) {
        settle(part, answers);
        // Options not offered are not chosen.
        all("[data-if]", part).forEach((option) => option.closest("[data-question]") === part && settle(option, answers));
        if (part.dataset.kind !== "none") answers[part.dataset.question] = answer(part);
      } else if (!box) settle(part, answers);
    }
  }

  function exclude(field) {
    const special = "[name$='.special']";
    const alone = (box) => box.matches("[data-alone]," + special);
    for (const other of fields()) {
      const rival = other.name === field.name
        ? other !== field && field.checked && (alone(field) || alone(other))
        : other.matches(special) && owner(other) === owner(field) && field.value;
      if (rival && other.type === "checkbox") other.checked = false;
    }
  }

  const draft = () => form && form.dataset.draft && "earshot:" + form.dataset.draft;

  function save() {
    if (!unsaved || !draft()) return;
    clearTimeout(unsaved);
    unsaved = 0;
    const filled = fields().filter((field) => (ticks(field) ? field.checked : field.value));
    const values = filled.map((field) => [field.name, field.value]);
    attempt(() => localStorage.setItem(draft(), JSON.stringify([Date.now(), values])));
  }

  function restore() {
    attempt(() => Object.keys(localStorage).forEach((key) => {
      const [at] = (/^earshot:/.test(key) && data(localStorage[key])) || [Infinity];
      if (Date.now() - at > 864e5) localStorage.removeItem(key);
    }));
    const [, kept] = attempt(() => data(localStorage[draft()]));
    const isServed = (field) =>
      ticks(field) ? field.defaultChecked : field.defaultValue || all("[selected]:not([value=''])", field)[0];
    const served = fields().filter(isServed).map(owner);
    let restored;
    for (const field of fields().filter((one) => !served.includes(owner(one)))) {
      for (const [name, value] of kept) {
        if (name !== field.name || (ticks(field) && value !== field.value)) continue;
        field.value = value;
        restored = field.checked = true;
      }
    }
    if (!restored) return;
    const note = make("p", "", { class: "note", role: "status" });
    form.prepend(note);
    setTimeout(() => (note.textContent = say("restored")), 99);
  }

  const plain = (text) => text.trim().normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

  function searchable(select) {
    const options = [...select.options];
    const id = select.id + "-search";
    const input = make("input", "", { type: "text", id, autocomplete: "off" });
    const status = make("p", "", { class: "hint", role: "status" });
    const fits = (option) => option.value && plain(option.text).includes(plain(input.value));
    input.oninput = () => {
      const { value } = select;
      select.replaceChildren(...options.filter((one) => !one.value || one.value === value || fits(one)));
      select.value = value;
      status.textContent = say("found", { n: options.filter(fits).length });
    };
    input.onkeydown = (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const option = input.value && options.find((one) => fits(one) && !one.disabled);
      if (!option) return;
      option.selected = true;
      notify(select);
    };
    select.before(make("label", say("search"), { for: id }), input, status);
  }

  function rankable(list) {
    const place = (item) => all("select", item)[0];
    const items = () => all("li", list).filter(place);
    const status = make("p", "", { class: "visually-hidden", role: "status" });
    list.after(status);

    function arrange(order, item) {
      const middle = order.indexOf(item);
      // Moving the item in use would lose its focus.
      order.forEach((one, index) => index < middle ? item.before(one) : one !== item && list.append(one));
      order.forEach((one, index) => {
        const [up, down] = all("[data-move]", one);
        const { value } = place(one);
        up.setAttribute("aria-disabled", !!value && !index);
        down.setAttribute("aria-disabled", !!value && index === order.length - 1);
        place(one).dataset.was = value;
      });
      if (!item) return;
      status.textContent = say("moved", { item: item.dataset.item, n: middle + 1 });
      notify(place(item));
    }
    function sort(item) {
      arrange(items().sort((a, b) => (place(a).value || 999) - (place(b).value || 999)), item);
    }
    function move(item, step) {
      const order = items();
      const from = order.indexOf(item);
      // Up at the top says "first, as it is shown": the rest takes its places, too.
      const to = Math.min(Math.max(from + step, 0), order.length - 1);
      order.splice(to, 0, ...order.splice(from, 1));
      order.forEach((one, index) => {
        place(one).value = index + 1;
        if (place(one).selectedIndex < 0) place(one).value = "";
      });
      arrange(order, item);
    }
    for (const item of items()) {
      for (const [step, key] of [[-1, "up"], [1, "down"]]) {
        const button = make("button", say(key), { type: "button", class: "button", "data-move": step });
        button.append(make("span", " " + item.dataset.item, { class: "visually-hidden" }));
        button.onclick = () => move(item, step);
        item.append(button);
      }
      place(item).onchange = () => {
        const { value, dataset } = place(item);
        const rival = items().find((other) => other !== item && value && place(other).value === value);
        if (rival) place(rival).value = dataset.was;
        sort(item);
      };
    }
    sort();
  }

  function packed(button) {
    const body = new URLSearchParams(new FormData(form));
    body.append(button.name, button.value);
    return body.toString();
  }

  function submitted(event) {
    const button = event.submitter;
    if (event.target !== form || !button || button.name === "_language" || !AbortSignal.timeout) return;
    const body = packed(button);
    event.preventDefault();
    post = post || { to: form.getAttribute("action"), body, button, tries: 0 };
    send();
  }

  function send() {
    if (!post || post.busy) return;
    post.busy = true;
    clearTimeout(post.timer);
    const body = new URLSearchParams(post.body);
    fetch(post.to, { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15000) })
      .then((reply) => reply.text().then((text) => arrived(reply, text)))
      .catch(lost);
  }

  function arrived(reply, text) {
    const { to } = Object.assign({}, data(text));
    if (reply.status > 499 || reply.status === 429) lost();
    else if (to) return taken(to);
    else if (reply.redirected) location.assign(reply.url);
    else if (reply.status === 413) {
      // Too much text: the form stays, to be shortened.
      const [title, why] = ["h1", ".lede"].map((part) => all(part, parsed(text))[0].textContent);
      post = null;
      tell(title, why);
    } else if (/html/.test(reply.headers.get("Content-Type"))) show(parsed(text));
    else lost();
  }

  function taken(to) {
    const leave = () => {
      clearTimeout(unsaved);
      unsaved = 0;
      attempt(() => localStorage.removeItem(draft()));
      location.assign(to);
    };
    const { button, body } = post;
    if (!draft() || packed(button) === body) return leave();
    // A ticket stands for the answers first sent with it: changes need their own.
    return fetch(post.to).then((reply) => reply.text()).then((text) => {
      const fresh = all("#page", parsed(text))[0];
      if (!fresh || fresh.dataset.draft !== form.dataset.draft) return leave();
      all("[name=_ticket],[name=csrf_token]", fresh).forEach((field) => set(field.name, field.value));
      post = { to: fresh.getAttribute("action"), body: packed(button), button, tries: 0 };
      send();
    });
  }

  function lost() {
    if (!post) return;
    post.busy = false;
    post.timer = setTimeout(send, Math.min(2 ** ++post.tries, 30) * 1000);
    if (post.box) return;
    const again = make("button", say("try_again"), { type: "button", class: "button" });
    again.onclick = send;
    post.box = tell(say("not_kept"), say("retrying"), again);
  }

  function tell(title, text, ...more) {
    const box = make("div", "", { class: "summary", role: "alert", tabindex: -1 });
    box.append(make("h2", title), make("p", text), ...more);
    (all("h1")[0] || form).before(box);
    box.focus();
    return box;
  }

  function show(page) {
    save();
    document.title = page.title;
    for (const name of ["lang", "dir"]) document.documentElement[name] = page.documentElement[name];
    const target = all(".summary", page)[0] || all("h1", page)[0] || page.body;
    target.autofocus = false; // too late for it
    target.tabIndex = -1;
    document.body.replaceWith(page.body);
    start();
    target.focus();
  }

  function touched(event) {
    const field = event.target;
    if (!form || field.form !== form) return;
    if (field.name) {
      exclude(field);
      unsaved = unsaved || setTimeout(save, 500);
    }
    update();
  }

  function returned(event) {
    if (event.persisted && post) location.reload(); // its ticket is used up
    update();
  }

  function start() {
    [form] = all("form#page");
    post = null;
    if (!form) return;
    words = Object.assign({}, data(form.dataset.words));
    all("#more", form).forEach((more) => {
      all("#questions", form)[0].append(more.content);
      set("_whole", "1");
    });
    set("_width", innerWidth < 600 ? "phone" : innerWidth < 1024 ? "tablet" : "desktop");
    attempt(restore);
    all("[data-search]", form).forEach(searchable);
    all("[data-ranking]", form).forEach(rankable);
    update();
  }

  window.earshot = { evaluate };
  document.oninput = document.onchange = touched;
  document.onsubmit = submitted;
  window.onpagehide = save;
  window.ononline = send;
  window.onpageshow = returned;
  start();
})();
