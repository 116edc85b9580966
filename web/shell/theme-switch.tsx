import { signal } from "@preact/signals";

/** As the system has it, or always one of them. */
const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const KEY = "contextcore.theme";

const kept = localStorage.getItem(KEY);
const theme = signal<Theme>(THEMES.find((one) => one === kept) ?? "system");

function choose(next: Theme): void {
  theme.value = next;
  if (next === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEY, next);
    document.documentElement.dataset.theme = next;
  }
}

/** Changes between the system's theme, light and dark. */
export function ThemeSwitch() {
  return (
    <select
      class="quiet"
      aria-label="Theme"
      value={theme.value}
      onChange={({ currentTarget }) => choose(currentTarget.value as Theme)}
    >
      <option value="system">System</option>
      <option value="light">Light</option>
      <option value="dark">Dark</option>
    </select>
  );
}
