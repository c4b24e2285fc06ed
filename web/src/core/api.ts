// Calls over HTTP, with typed faults. Never retries by itself and never reads a message body.

import { faultText, t } from './words.ts';

export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly after?: number,
    readonly body?: Record<string, unknown>,
  ) {
    super(message);
    this.name = 'ApiError';
  }
  /** The request never reached the server or its answer never came: trying again makes sense. */
  get offline(): boolean {
    return this.code === 'offline';
  }
}

/** The command's id is of the future, and the command was not carried out: a clock was wrong, the device's or the server's. */
export function isAhead(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === 'id_ahead';
}

/** A clock was wrong, or this was written long ago; the server says what time it is. */
export function isOffTime(error: unknown): error is ApiError {
  return isAhead(error) || (error instanceof ApiError && error.code === 'id_too_old');
}

type Query = Record<string, string | number | boolean | null | undefined>;
interface Options {
  signal?: AbortSignal;
  timeout?: number;
}

const TIMEOUT_MS = 20_000;
let signedOut: () => void = () => {};
let secondFirst: () => void = () => {};

/** Called once with what to do when the server says that the session ended, or asks for a second step to be set up first. */
export function onSignedOut(act: () => void, first: () => void): void {
  signedOut = act;
  secondFirst = first;
}

export function url(path: string, query?: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value));
  }
  const tail = params.toString();
  return `/api/v1${path}${tail ? `?${tail}` : ''}`;
}

export function get<T>(path: string, query?: Query, options?: Options): Promise<T> {
  return call<T>('GET', url(path, query), undefined, options);
}

export function post<T>(path: string, body: unknown = {}, options?: Options): Promise<T> {
  return call<T>('POST', url(path), JSON.stringify(body), options);
}

export function remove<T>(path: string, options?: Options): Promise<T> {
  return call<T>('DELETE', url(path), '{}', options);
}

/** Raw bytes, for uploads (PUT) and imports (POST). */
export function bytes<T>(method: 'PUT' | 'POST', path: string, query: Query, body: Blob, options?: Options): Promise<T> {
  return call<T>(method, url(path, query), body, { timeout: 120_000, ...options });
}

/** Bytes up with progress, which fetch cannot tell. */
export function upload<T>(path: string, query: Query, body: Blob, progress: (sent: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', url(path, query));
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.addEventListener('progress', (event) => progress(event.loaded));
    request.addEventListener('load', () => {
      try {
        resolve(read<T>(request.status, request.responseText, path));
      } catch (error) {
        reject(error);
      }
    });
    request.addEventListener('error', () => reject(unreachable()));
    request.addEventListener('abort', () => reject(unreachable()));
    signal?.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}

async function call<T>(method: string, address: string, body: BodyInit | undefined, options: Options = {}): Promise<T> {
  const limit = AbortSignal.timeout(options.timeout ?? TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  let status: number;
  let text: string;
  try {
    const headers: Record<string, string> =
      body === undefined ? {} : { 'content-type': body instanceof Blob ? 'application/octet-stream' : 'application/json' };
    const init: RequestInit = { method, headers, signal, credentials: 'same-origin' };
    if (body !== undefined) init.body = body;
    const response = await fetch(address, init);
    status = response.status;
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw unreachable();
  }
  return read<T>(status, text, address);
}

function read<T>(status: number, text: string, address: string): T {
  let value: unknown = null;
  try {
    value = text ? JSON.parse(text) : {};
  } catch {
    // A proxy in between answered with its own page.
    throw new ApiError(status >= 500 ? 'offline' : 'bad_answer', t('fault_bad_answer'), status);
  }
  if (status >= 200 && status < 300) return value as T;
  const fault = (value ?? {}) as { code?: string; message?: string; after?: number };
  const code = fault.code ?? (status >= 502 ? 'offline' : 'unknown');
  if (code === 'not_signed_in' && !address.includes('/site')) signedOut();
  if (code === 'second_first') secondFirst();
  throw new ApiError(code, faultText(code, fault.message ?? `HTTP ${status}`), status, fault.after, fault as Record<string, unknown>);
}

function unreachable(): ApiError {
  return new ApiError('offline', t('fault_offline'), 0);
}
