import { Pace, chunks, toBase64, toPcm } from './audio.js';
import { VoiceAgentError, errorOf } from './errors.js';
import { Waiting } from './waiting.js';

const CHUNK_S = 0.1;
// JSON messages are limited to 100 a minute: audio of another rate goes in pieces of a second.
const MESSAGE_CHUNK_S = 1;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 8000;
const END_TIMEOUT_MS = 5000;
const LOOK_MS = 50;
const OVER_FOR_GOOD = ['ended', 'expired', 'taken_over'];
const FINAL_CODES = [1000, 1008];
const now = () => performance.now();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * A voice connection, opened in the background: what is sent before it is open waits for it.
 * When it breaks it comes back by itself, to the same session.
 */
export class VoiceConnection {
  /** The session it talks for, once there is one. */
  sessionId = null;
  /** 'connecting', 'open', 'reconnecting' or 'closed'. */
  state = 'connecting';

  #url;
  #start;
  #sampleRate;
  #reconnectForMs;
  #socket = null;
  #handlers = new Map();
  #outbox = [];
  #isSending = false;
  #pace = new Pace(now);
  #waiting = new Waiting(now);
  #endReason = null;
  #lostAt = 0;
  #delayMs = FIRST_DELAY_MS;
  #closing = null;
  #closed;
  #setClosed;

  constructor(baseUrl, token, options = {}) {
    const { sessionId, userId, context, format = 'mp3', sampleRate = 16_000, details, reconnectForMs = 60_000 } = options;
    this.#url = `${baseUrl}/ws/voice/session?token=${encodeURIComponent(token)}`;
    this.#start = { session_id: sessionId, user_id: userId, context, details, audio: { format, input_sample_rate: sampleRate } };
    this.#sampleRate = sampleRate;
    this.#reconnectForMs = reconnectForMs;
    this.#closed = new Promise((resolve) => (this.#setClosed = resolve));
    this.#open();
  }

  /** Call `handler` with the data of every message of `type`; 'message' gets every message whole. */
  on(type, handler) {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler]);
    return this;
  }

  off(type, handler) {
    this.#handlers.set(type, (this.#handlers.get(type) ?? []).filter((one) => one !== handler));
    return this;
  }

  /**
   * Send what a microphone or a recording holds, no faster than the server takes it. Resolves once it is sent.
   * @param audio see `toPcm` in audio.js
   */
  sendAudio(audio, { sampleRate = this.#sampleRate } = {}) {
    const pcm = toPcm(audio, sampleRate);
    const streams = pcm.sampleRate === this.#sampleRate;
    const pieces = [...chunks(pcm, streams ? CHUNK_S : MESSAGE_CHUNK_S)];
    return this.#enqueue(
      pieces.map((samples) => ({
        seconds: samples.length / pcm.sampleRate,
        data: streams ? samples : audioMessage(samples, pcm.sampleRate),
      })),
    );
  }

  /** Say something by typing it. Resolves once it is sent. */
  sendText(text) {
    return this.#enqueue([{ data: JSON.stringify({ type: 'text.input', data: { text } }) }]);
  }

  /** Resolves once everything sent so far is answered, or will not be. */
  async answered() {
    while (this.state !== 'closed' && (this.#outbox.length > 0 || this.#waiting.isOwed)) await sleep(LOOK_MS);
  }

  /** Wait for what is still to be answered, end the session, and disconnect. */
  close() {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** Disconnect now. The session stays open, and can be resumed until it times out. */
  disconnect() {
    this.#finish(null);
    this.#socket?.close(1000);
  }

  /** Every message, as `for await` reads it; ends when the connection is closed. */
  async *[Symbol.asyncIterator]() {
    const waiting = [];
    let wake = () => {};
    const take = (message) => {
      waiting.push(message);
      wake();
    };
    this.on('message', take);
    try {
      while (true) {
        while (waiting.length) yield waiting.shift();
        if (this.state === 'closed') return;
        await Promise.race([new Promise((resolve) => (wake = resolve)), this.#closed]);
      }
    } finally {
      this.off('message', take);
    }
  }

  async #open() {
    const Socket = globalThis.WebSocket ?? (await import('./node-socket.js')).NodeSocket;
    if (this.state === 'closed') return undefined;
    this.#endReason = null;
    let socket;
    try {
      socket = new Socket(this.#url.replace(/^http/, 'ws'));
    } catch (error) {
      return this.#finish(new VoiceAgentError('VALIDATION_ERROR', `the address is not one: ${error.message}`));
    }
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'session.start', data: this.#start }));
    socket.onmessage = ({ data }) => this.#received(JSON.parse(data));
    socket.onclose = ({ code, reason }) => socket === this.#socket && this.#broke(code, reason);
    return undefined;
  }

  #received(message) {
    const { type, data } = message;
    this.#waiting.received(message);
    if (type === 'session.ready') this.#ready(data.session_id);
    if (type === 'session.ended') this.#endReason = data.reason;
    const started = this.state === 'open';
    this.#emit(type, data, message);
    if (type === 'error' && !started) this.#finish(new VoiceAgentError(data.code, data.message, data.details), true);
  }

  #ready(sessionId) {
    this.sessionId = sessionId;
    this.#start = { ...this.#start, session_id: sessionId };
    this.#pace = new Pace(now);
    this.#delayMs = FIRST_DELAY_MS;
    this.#lostAt = 0;
    this.state = 'open';
    this.#pump();
  }

  async #broke(code, reason) {
    if (this.state === 'closed') return;
    const isOver = OVER_FOR_GOOD.includes(this.#endReason) || (this.#endReason === null && FINAL_CODES.includes(code));
    if (isOver) return this.#finish(null);
    const refused = await this.#refusal();
    if (this.state === 'closed') return;
    this.#lostAt ||= now();
    if (refused || now() - this.#lostAt > this.#reconnectForMs) {
      return this.#finish(refused ?? new VoiceAgentError('UNREACHABLE', `the connection was lost: ${reason || code}`));
    }
    this.state = 'reconnecting';
    this.#waiting.forget();
    this.#emit('connection.lost', { reason: reason || String(code) });
    setTimeout(() => this.state === 'reconnecting' && this.#open(), this.#delayMs * (0.5 + Math.random() / 2));
    this.#delayMs = Math.min(2 * this.#delayMs, LONGEST_DELAY_MS);
  }

  /**
   * Why the server does not let us in, or null where it would. A browser's WebSocket does not tell; the same address
   * without the upgrade does: 400 says that only the upgrade was missing.
   */
  async #refusal() {
    const response = await fetch(this.#url, { signal: AbortSignal.timeout(END_TIMEOUT_MS) }).catch(() => null);
    return response && [401, 403, 404].includes(response.status) ? errorOf(response) : null;
  }

  #enqueue(items) {
    if (!items.length) return Promise.resolve();
    const sent = new Promise((resolve, reject) => Object.assign(items.at(-1), { resolve, reject }));
    sent.catch(() => {}); // who does not wait for it hears of it through 'error' and 'close'
    if (this.state === 'closed') items.at(-1).reject(closedError());
    else this.#outbox.push(...items);
    this.#pump();
    return sent;
  }

  async #pump() {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.state === 'open' && this.#outbox.length) {
      const item = this.#outbox[0];
      const wait = item.seconds === undefined ? 0 : this.#pace.waitBefore(item.seconds);
      if (wait > 0) await sleep(wait);
      if (this.state !== 'open') break; // it is sent again once the connection is back
      this.#socket.send(item.data);
      if (item.seconds === undefined) this.#waiting.sentText();
      else this.#waiting.sentAudio();
      this.#outbox.shift();
      item.resolve?.();
    }
    this.#isSending = false;
  }

  async #end() {
    await this.answered();
    if (this.state === 'open') {
      this.#socket.send('{"type": "session.end"}');
      await Promise.race([this.#closed, sleep(END_TIMEOUT_MS)]);
    }
    this.disconnect();
  }

  #finish(error, isTold = false) {
    if (this.state === 'closed') return;
    this.state = 'closed';
    for (const item of this.#outbox.splice(0)) item.reject?.(error ?? closedError());
    if (error && !isTold) this.#emit('error', { code: error.code, message: error.message, details: error.details });
    if (error) this.#socket?.close(1000);
    this.#emit('close', { reason: this.#endReason ?? error?.code ?? 'disconnected' });
    this.#setClosed();
  }

  #emit(type, data, message = { type, data }) {
    const handlers = this.#handlers.get(type) ?? [];
    if (type === 'error' && !handlers.length && !this.#handlers.get('message')?.length) {
      console.error(`voice-agent: ${data.message} (${data.code})`);
    }
    for (const handler of handlers) handler(data);
    for (const handler of this.#handlers.get('message') ?? []) handler(message);
  }
}

function audioMessage(samples, sampleRate) {
  return JSON.stringify({ type: 'audio.input', data: { audio: toBase64(samples), format: 'pcm16', sample_rate: sampleRate } });
}

function closedError() {
  return new VoiceAgentError('CLOSED', 'the voice connection is closed; connect again');
}
