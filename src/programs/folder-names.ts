/** Which folder an operator means: an id, else the label of the only one that bears it. */
import { Effect } from "effect"
import { FolderUnknown } from "../services/Checkpoints.ts"
import { SettingInvalid } from "./failure.ts"

interface Named {
  readonly id: string
  readonly label: string
}

export const named = <F extends Named>(
  folders: Iterable<F>,
  name: string
): Effect.Effect<F, FolderUnknown | SettingInvalid> => {
  const all = [...folders]
  const exact = all.find(({ id }) => id === name)
  const labelled = all.filter(({ label }) => label === name)
  const found = exact ?? (labelled.length === 1 ? labelled[0] : undefined)
  if (found !== undefined) return Effect.succeed(found)
  if (labelled.length > 1) {
    return new SettingInvalid({
      setting: `the folder "${name}"`,
      problem: `several have that label; give an id: ${labelled.map(({ id }) => id).join(", ")}`
    })
  }
  return new FolderUnknown({ folder: name, known: all.map(shown) })
}

export const shown = ({ id, label }: Named): string => label === "" || label === id ? id : `${label} (${id})`
