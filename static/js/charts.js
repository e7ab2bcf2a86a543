// Draws every [data-chart="ID"] from <script type="application/json" id="ID">: a plain ECharts option.
//   A string that begins with "--" is read from tokens.css, so no option names a colour.
//   A data item with "url" is a link to its records. data-unit and data-decimals format the tooltip.
//   data-base is the address of lines that lie under a map: a list of lists of [x, y].
import { meta, vendor } from "./vendor.js";

const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
const THEME = "catalog";
let ready;

function prepare() {
  ready ??= (async () => {
    const [echarts, theme] = await Promise.all([
      vendor("echarts", "echarts"),
      fetch(meta("chart-theme")).then((response) => response.json()),
      document.fonts.ready,
    ]);
    const tokens = getComputedStyle(document.documentElement);
    theme.textStyle.fontFamily = tokens.getPropertyValue("--font-sans").trim();
    echarts.registerTheme(THEME, theme);
    const resolve = (value) => {
      if (typeof value === "string") return value.startsWith("--") ? tokens.getPropertyValue(value).trim() : value;
      if (Array.isArray(value)) return value.map(resolve);
      if (value && typeof value === "object") {
        return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, resolve(part)]));
      }
      return value;
    };
    return { echarts, resolve };
  })();
  return ready;
}

function hasLinks(option) {
  return JSON.stringify(option).includes('"url"');
}

async function underlay(chart, address, color) {
  const response = await fetch(address);
  if (!response.ok || chart.isDisposed()) return;
  const data = (await response.json()).map((coords) => ({ coords }));
  const lineStyle = { color, width: 1, opacity: 1 };
  const lines = { type: "lines", coordinateSystem: "cartesian2d", polyline: true, silent: true, z: 1 };
  chart.setOption({ series: [{ id: "base", ...lines, lineStyle, data }] });
}

export async function enhance(boxes) {
  const { echarts, resolve } = await prepare();
  boxes.forEach((box) => {
    if (!box.isConnected || echarts.getInstanceByDom(box)) return;
    const option = resolve(JSON.parse(document.getElementById(box.dataset.chart).textContent));
    const { unit = "", decimals = "0" } = box.dataset;
    const figure = (value) => (value == null ? "—" : Number(value).toFixed(Number(decimals)) + unit);
    if (option.tooltip) option.tooltip = { ...option.tooltip, renderMode: "richText", valueFormatter: figure };
    const chart = echarts.init(box, THEME, { renderer: "svg" });
    chart.setOption({ animation: !still, animationDuration: 300, aria: { enabled: false }, ...option });
    if (hasLinks(option)) {
      chart.on("click", (event) => {
        if (event.data?.url) location.assign(event.data.url);
      });
    }
    if (box.dataset.base) underlay(chart, box.dataset.base, resolve("--ink-400"));
    new ResizeObserver(() => (box.isConnected ? chart.resize() : chart.dispose())).observe(box);
  });
}
