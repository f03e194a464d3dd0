/** Which of a server's extensions of SFTP 3 are ours to use: of each, one version (OpenSSH's PROTOCOL file, section 4). */

const versions: Readonly<Record<string, string>> = {
  "hardlink@openssh.com": "1",
  "fsync@openssh.com": "1",
  "statvfs@openssh.com": "2"
}

/** Names of the usable ones among what the server announces, name to version. */
export const usable = (announced: Readonly<Record<string, string>> = {}): ReadonlySet<string> =>
  new Set(Object.entries(announced).flatMap(([name, version]) => versions[name] === version ? [name] : []))
