/** Histories of whole daemons: the second thousand. */
import { suite } from "./FleetSuite.ts"

suite(1001, 1000)
