// Tabs within a page (role=tablist): arrows move, the address keeps the choice. Tabs that are links need no script.

export function enhance(lists) {
  lists.forEach((list) => {
    if (list.dataset.ready) return;
    list.dataset.ready = "1";
    const tabs = [...list.querySelectorAll("[role=tab]")];
    const show = (tab) => {
      tabs.forEach((one) => {
        const on = one === tab;
        one.setAttribute("aria-selected", String(on));
        one.tabIndex = on ? 0 : -1;
        document.getElementById(one.getAttribute("aria-controls")).hidden = !on;
      });
    };
    const pick = (tab) => {
      if (tab.hash) history.replaceState(history.state, "", tab.hash);
      show(tab);
    };
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
      next.focus();
      pick(next);
    });
    tabs.forEach((tab) =>
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        pick(tab);
      }),
    );
    show(tabs.find((tab) => tab.hash && tab.hash === location.hash) ?? tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0]);
  });
}
