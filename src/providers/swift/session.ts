import type { IncomingMessage } from "node:http";
import { PlaceError } from "../provider.ts";
import { bytesOf } from "./answer.ts";
import type { Http } from "./http.ts";
import { accessOf, tokenRequest } from "./keystone.ts";
import { type RetryOptions, retrying } from "./retry.ts";
import { isKeystone, type SwiftSettings } from "./settings.ts";
import { answerError, connectionError, isDistrusted, TemporaryError } from "./trouble.ts";

/** What requests need: where the account is, and a token for a while. */
export interface Access {
  /** Of the account, without a slash at its end. */
  readonly storageUrl: string;
  readonly token: string;
  readonly expiresAt: number;
}

/** A token that ends while a request is on its way is of no use. */
const marginMs = 60_000;

/** Gets tokens; all requests of a provider share one. Neither key nor token is ever in an error. */
export class Session {
  readonly #http: Http;
  readonly #settings: SwiftSettings;
  readonly #key: string;
  #access: Promise<Access> | undefined;

  constructor(http: Http, settings: SwiftSettings, key: string) {
    this.#http = http;
    this.#settings = settings;
    this.#key = key;
  }

  /** @throws PlaceError where none is given */
  async access(retry: RetryOptions): Promise<Access> {
    for (;;) {
      const asked = this.#access;
      if (asked === undefined) return await this.#renew(retry);
      const known = await asked.catch(() => undefined);
      if (known !== undefined && known.expiresAt > Date.now() + marginMs) return known;
      if (this.#access === asked) this.#access = undefined;
    }
  }

  /** The server no longer takes this one; the next call gets another. */
  async forget(access: Access): Promise<void> {
    const asked = this.#access;
    const known = await asked?.catch(() => undefined);
    if (known === access && this.#access === asked) this.#access = undefined;
  }

  async #renew(retry: RetryOptions): Promise<Access> {
    this.#access = retrying(retry, () => this.#ask(retry.signal));
    return await this.#access;
  }

  async #ask(signal: AbortSignal): Promise<Access> {
    const what = `no token came from ${this.#settings.auth_url}`;
    const [response, body] = await this.#send(signal, what);
    const { statusCode = 0, headers } = response;
    if (statusCode < 200 || statusCode >= 300) throw refused(statusCode, headers, what);
    return isKeystone(this.#settings)
      ? accessOf(headers, body, this.#settings)
      : accessOfV1(headers, what);
  }

  async #send(signal: AbortSignal, what: string): Promise<[IncomingMessage, Buffer]> {
    try {
      const response = await this.#http.send({ ...this.#request(), signal });
      return [response, await bytesOf(response, signal)];
    } catch (cause) {
      signal.throwIfAborted();
      const error = connectionError(cause, what);
      throw isDistrusted(cause) ? error : new TemporaryError(error);
    }
  }

  #request(): Pick<Parameters<Http["send"]>[0], "method" | "url" | "headers" | "body"> {
    const settings = this.#settings;
    if (isKeystone(settings)) return tokenRequest(settings, this.#key);
    const headers = { "X-Auth-User": settings.user ?? "", "X-Auth-Key": this.#key };
    return { method: "GET", url: new URL(settings.auth_url), headers };
  }
}

function refused(
  status: number,
  headers: IncomingMessage["headers"],
  what: string,
): PlaceError | TemporaryError {
  if (status !== 404) return answerError(status, headers, what);
  return new PlaceError("failed", `${what}: there is nothing`, {
    hint: "Check the setting auth_url: for Keystone it ends in /v3, for Auth v1 mostly in /auth/v1.0.",
  });
}

function accessOfV1(headers: IncomingMessage["headers"], what: string): Access {
  const { "x-storage-url": url, "x-auth-token": token, "x-auth-token-expires": left } = headers;
  if (typeof url !== "string" || typeof token !== "string" || !URL.canParse(url)) {
    throw new PlaceError("failed", `${what}: the answer is not one of Auth v1`, {
      hint: "Check the setting auth_url; for Keystone set auth_version=3.",
    });
  }
  const seconds = typeof left === "string" && /^\d+$/.test(left) ? Number(left) : Infinity;
  return { storageUrl: url.replace(/\/+$/, ""), token, expiresAt: Date.now() + seconds * 1000 };
}
