import { assert, it } from "@effect/vitest"
import * as SftpExtensions from "../../../src/domain/store/SftpExtensions.ts"

it("an extension is usable in the version that we speak, and no other", () => {
  const announced = {
    "hardlink@openssh.com": "1",
    "fsync@openssh.com": "2",
    "statvfs@openssh.com": "2",
    "posix-rename@openssh.com": "1"
  }
  assert.deepStrictEqual([...SftpExtensions.usable(announced)], ["hardlink@openssh.com", "statvfs@openssh.com"])
  assert.strictEqual(SftpExtensions.usable().size, 0)
})
