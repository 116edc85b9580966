/** Before the first paint: the theme that this reader has chosen. It is a script of its own, so that nothing flashes. */
const chosen = localStorage.getItem("contextcore.theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;

// A module, so that nothing in it is a name of the page.
export {};
