import { defineConfig } from "rolldown"

/**
 * The published program: one small entry that checks the Node it runs under, and chunks it loads when a command needs them.
 * Only what has native code, or looks for it, stays outside (package.json's `dependencies`).
 */
export default defineConfig({
  input: { main: "src/programs/main.ts" },
  platform: "node",
  external: ["lmdb", "ssh2"],
  output: {
    dir: "dist",
    format: "esm",
    sourcemap: true,
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js"
  }
})
