"""What a figure rests on: published figures held against ours, and synthetic answers that say so."""
