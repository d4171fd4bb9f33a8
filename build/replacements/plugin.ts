import type { Plugin } from "esbuild";
import type { Replacement } from "./modules.ts";

/** Namespace of replacements in the bundler's metafile: their bytes do not count as the package's. */
const NAMESPACE = "replacements";

/**
 * Bundles a replacement for each module. The build fails if no package imports the module any more: an update may have moved
 * the module, which would then be in the bundle again, unnoticed.
 */
export function replaceModules(modules: readonly Replacement[]): Plugin {
  return {
    name: "leave-out",
    setup({ onStart, onResolve, onLoad, onEnd }) {
      const replaced = new Set<Replacement>();
      const markReplaced = (one: Replacement | undefined) => {
        if (one) replaced.add(one);
        return one;
      };
      onStart(() => replaced.clear());
      onResolve({ filter: /^[^./]/ }, ({ path }) => {
        const one = markReplaced(modules.find(({ module }) => module === path));
        return one && { path, namespace: NAMESPACE };
      });
      onLoad({ filter: /^/, namespace: NAMESPACE }, ({ path }) => {
        const one = modules.find(({ module }) => module === path);
        return { contents: one?.instead ?? "", resolveDir: import.meta.dirname };
      });
      onLoad({ filter: /\/node_modules\// }, ({ path }) => {
        const one = markReplaced(modules.find(({ module }) => path.endsWith(`/node_modules/${module}`)));
        return one && { contents: one.instead };
      });
      onEnd(({ metafile }) => {
        const bundled = Object.keys(metafile?.inputs ?? {});
        const notImported = modules.filter(
          (one) =>
            !replaced.has(one) && bundled.some((file) => file.includes(`node_modules/${one.importedBy}/`)),
        );
        return {
          errors: notImported.map(({ module, importedBy }) => ({
            text: `${importedBy} does not ask for ${module} any more: see build/replacements/modules.ts`,
          })),
        };
      });
    },
  };
}
