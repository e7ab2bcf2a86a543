// Packages that only some pages need are loaded when one does; their address stands in a <meta name="vendor-…">.

const loading = new Map();

export function meta(name) {
  return document.querySelector(`meta[name="${name}"]`).content;
}

/** Load a package's script once and return the global it defines. */
export function vendor(name, global) {
  if (window[global]) return Promise.resolve(window[global]);
  if (!loading.has(name)) {
    loading.set(
      name,
      new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = meta(`vendor-${name}`);
        script.addEventListener("load", () => resolve(window[global]));
        script.addEventListener("error", () => reject(new Error(`cannot load ${name}`)));
        document.head.append(script);
      }),
    );
  }
  return loading.get(name);
}
