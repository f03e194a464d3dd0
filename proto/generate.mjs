// Generates proto/gen/NAME.js and NAME.d.ts from every proto/NAME.proto. Each module has a root of its own (-r): modules
// that share one overwrite each other. 64-bit fields are typed as what they are at run time, Long (--force-long).
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import pbjs from "protobufjs-cli/pbjs.js"

const here = dirname(fileURLToPath(import.meta.url))

for (const file of readdirSync(here).filter((name) => name.endsWith(".proto")).toSorted()) {
  const name = file.slice(0, -".proto".length)
  const out = join(here, "gen", `${name}.js`)
  const options = ["-t", "static-module", "-w", "esm", "-d", "--force-long", "-r", name, "-o", out, join(here, file)]
  await new Promise((resolve, reject) => pbjs.main(options, (error) => (error ? reject(error) : resolve())))
  writeFileSync(out, `/* eslint-disable */\n${readFileSync(out, "utf8")}`)
}
