/** The session behind the page: opened once, kept over a reload of the page, connected when it is needed. */

import { VoiceAgentClient } from './sdk/index.js';
import { byId } from './elements.js';

const BASE = new URL('.', document.baseURI).href.replace(/\/$/, '');
const KEPT = `voice-agent ${BASE}`;

export class Visit {
  /** Called with one line when the session cannot be opened. */
  onnotice = null;
  /** Called with the shop's name. */
  onshop = null;
  #session = null;
  #connection = null;
  #handlers = [];
  #opening = null;

  /** 'none' before the first connection, else the connection's state. */
  get state() {
    if (this.#connection && this.#connection.state !== 'closed') return this.#connection.state;
    return this.#opening ? 'connecting' : (this.#connection?.state ?? 'none');
  }

  on(type, handler) {
    this.#handlers.push([type, handler]);
  }

  /** The session that this tab had before a reload, with what was said; null where there is none, or it is over. */
  async restore() {
    this.#session = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
    if (!this.#session) return null;
    this.onshop?.(this.#session.shop);
    const details = await this.#details().catch(() => null);
    if (details?.status === 'active') return details;
    this.#forget();
    return null;
  }

  /** Whether there is a connection, now that one was wanted. `anew`: not to the session that was. */
  open({ anew = false } = {}) {
    if (anew) this.#forget();
    if (['open', 'reconnecting'].includes(this.#connection?.state)) return Promise.resolve(true);
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return this.#opening;
  }

  sendText(text) {
    this.#connection.sendText(text);
  }

  /** Sends what is heard now; while there is no connection it is too late for it. */
  sendAudio(samples) {
    if (this.#connection?.state === 'open') this.#connection.sendAudio(samples);
  }

  async cartLines() {
    return (await this.#details()).context.cart_items;
  }

  leave() {
    this.#connection?.disconnect();
  }

  async #open() {
    try {
      this.#session ??= await this.#create();
    } catch (error) {
      this.onnotice?.(error.message);
      return false;
    }
    if (!this.#session) return false;
    sessionStorage.setItem(KEPT, JSON.stringify(this.#session));
    this.onshop?.(this.#session.shop);
    this.#connection = this.#client().connectVoice(this.#session.token, { format: 'pcm16' });
    for (const [type, handler] of this.#handlers) this.#connection.on(type, handler);
    this.#connection.on('error', ({ code }) => ['UNAUTHORIZED', 'NOT_FOUND'].includes(code) && this.#forget());
    // A server that has just started loads its models first; what is said before that would be lost.
    return new Promise((resolve) => {
      this.#connection.on('session.ready', () => resolve(true));
      this.#connection.on('close', () => resolve(false));
    });
  }

  async #create() {
    const answer = await ask('');
    if (answer.session) return answer.session;
    if (answer.status === 401) return askForKey();
    throw new Error(answer.message);
  }

  #client() {
    return new VoiceAgentClient({ baseUrl: BASE, apiKey: this.#session.token });
  }

  #details() {
    return this.#client().getSession(this.#session.session_id);
  }

  #forget() {
    this.#session = null;
    sessionStorage.removeItem(KEPT);
  }
}

/** A new session, or why there is none. */
async function ask(key) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  const response = await fetch(`${BASE}/page/session`, { method: 'POST', headers }).catch(() => null);
  if (!response) return { status: 0, message: 'The server cannot be reached. Is it running?' };
  const body = await response.json();
  return response.ok ? { session: body } : { status: response.status, message: body.error.message };
}

/** Lets the shopper enter an API key until one opens a session; null if they would rather not. */
function askForKey() {
  const dialog = byId('key-dialog');
  const problem = byId('key-error');
  dialog.showModal();
  return new Promise((resolve) => {
    const finish = (session) => {
      byId('key').value = '';
      dialog.onclose = null;
      dialog.close();
      resolve(session);
    };
    dialog.onclose = () => finish(null);
    byId('key-cancel').onclick = () => finish(null);
    byId('key-form').onsubmit = async (event) => {
      event.preventDefault();
      const answer = await ask(byId('key').value.trim());
      if (answer.session) return finish(answer.session);
      problem.textContent = answer.message;
      problem.hidden = false;
      return undefined;
    };
  });
}
