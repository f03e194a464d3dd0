/** The system's own count. Elsewhere than on Linux it may stand still while the machine sleeps; then only the store tells. */
import { Layer } from "effect"
import { uptime } from "node:os"
import { BootClock } from "../services/BootClock.ts"

export const layer: Layer.Layer<BootClock> = Layer.succeed(BootClock, { millisUnsafe: () => uptime() * 1000 })
