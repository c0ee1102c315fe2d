// The last part of `npm run build`: the program in a few files. Hundreds of small modules take longer to load than a
// short command takes to run. Types and the single modules stay as the compiler wrote them, beside it.
import { rmSync } from 'node:fs';
import { build } from 'esbuild';

// Two folders below the root, as the sources are: the program finds its playbooks from there.
const FOLDER = 'dist/bundle';

/** Messages are in English: the other languages of the schema library would be a quarter of all that is loaded. */
const englishOnly = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
    }));
  },
};

rmSync(FOLDER, { recursive: true, force: true });
await build({
  entryPoints: {
    main: 'src/cli/main.ts',
    index: 'src/index.ts',
    module: 'src/module.ts',
    hooks: 'src/library/hooks.ts',
  },
  outdir: FOLDER,
  bundle: true,
  // What a command does not need is not loaded, and what two entries share is there once.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  sourcemap: true,
  legalComments: 'external',
  logLevel: 'warning',
  plugins: [englishOnly],
  // They read files beside themselves: native parts, protocol definitions.
  external: ['ssh2', 'cpu-features', 'etcd3', '@kubernetes/client-node', '@swc/wasm-typescript'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
});
