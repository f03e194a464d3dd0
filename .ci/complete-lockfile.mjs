#!/usr/bin/env node
// Makes package-lock.json fit for `npm ci` everywhere. Run it after every `npm install` that changed the lock file.
// A registry that mirrors only some platforms makes npm leave the other platforms' optional packages out of the lock file, which
// `npm ci` then refuses. They are added by name, version and platform, without a checksum: npm asks the registry of the machine
// that needs them. Addresses of registries are removed.
import { readFileSync, writeFileSync } from "node:fs"

const file = new URL("../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(file, "utf8"))

/** os, cpu and libc as a platform package's name tells them; undefined for a package that is not one. */
const platform = (name) => {
  const tail = name.split("/").at(-1)
  const os = /android|darwin|linux|win32|freebsd|openharmony|wasm32-wasi/.exec(tail)?.[0]
  if (os === undefined) return undefined
  if (os === "wasm32-wasi") return { cpu: ["wasm32"] }
  const cpu = /arm64|x64|ia32|ppc64|riscv64|s390x|loong64|arm/.exec(tail.slice(tail.indexOf(os) + os.length))?.[0]
  const libc = /musl/.test(tail) ? ["musl"] : os === "linux" && /gnu|glibc/.test(tail) ? ["glibc"] : undefined
  return { cpu: [cpu], ...(libc === undefined ? {} : { libc }), os: [os] }
}

/** The entry that `name` resolves to from inside `from`, as Node looks it up. */
const resolve = (from, name) => {
  for (let at = from;; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const key = `${at === "" ? "" : `${at}/`}node_modules/${name}`
    if (lock.packages[key] !== undefined) return key
    if (at === "" || !at.includes("node_modules")) return undefined
    if (!at.includes("/node_modules/")) at = ""
  }
}

let added = 0
for (const [key, entry] of Object.entries(lock.packages)) {
  delete entry.resolved
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const found = resolve(key, name)
    if (found !== undefined) continue
    const where = platform(name)
    if (where === undefined) throw new Error(`${key} needs ${name}, which is no platform package`)
    lock.packages[`node_modules/${name}`] = { version, ...where, ...(entry.dev ? { dev: true } : {}), optional: true }
    added++
  }
}
const { "": root, ...rest } = lock.packages
lock.packages = Object.fromEntries([["", root], ...Object.entries(rest).toSorted(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)])
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${added} platform packages added`)
