/** How Google's client is made so that it speaks to one endpoint, as one login, and tries nothing again by itself. */

interface Adjustable {
  baseUrl: string
  readonly interceptors: { readonly push: (...made: ReadonlyArray<never>) => number }
}

/** `Storage`: the library's; `authClient`: its login. */
export const connect = <Client, S extends Adjustable>(
  Storage: new(options: {
    readonly apiEndpoint: string
    readonly authClient: Client
    readonly useAuthWithCustomEndpoint: boolean
    readonly retryOptions: { readonly autoRetry: boolean; readonly maxRetries: number }
    readonly userAgent: string
  }) => S,
  endpoint = "https://storage.googleapis.com",
  authClient: Client
): S => {
  const apiEndpoint = endpoint.replace(/\/+$/, "")
  const storage = new Storage({
    apiEndpoint,
    authClient,
    useAuthWithCustomEndpoint: true,
    retryOptions: { autoRetry: false, maxRetries: 0 },
    userAgent: "bepository"
  })
  // An environment variable of the library (STORAGE_EMULATOR_HOST) is no way to send objects elsewhere.
  storage.baseUrl = `${apiEndpoint}/storage/v1`
  // Not over the library's own connections: it closes all of them when one download ends early. Those of Node are kept as well.
  storage.interceptors.push({
    request: (options: object) => Object.assign(options, { forever: false })
  } as never)
  return storage
}
