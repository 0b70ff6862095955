import { VoiceAgentError, errorOf } from './errors.js';
import { VoiceConnection } from './voice.js';

const DEFAULT_URL = 'http://localhost:8000';
const TIMEOUT_MS = 30_000;

/** The REST routes, and the way to a voice connection. Answers are the documented JSON, as it is. */
export class VoiceAgentClient {
  #apiKey;
  #baseUrl;
  #timeoutMs;

  constructor({ apiKey = '', baseUrl = DEFAULT_URL, timeoutMs = TIMEOUT_MS } = {}) {
    this.#apiKey = apiKey;
    this.#baseUrl = String(baseUrl).replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
  }

  /** Whether the service works; an unhealthy one answers too. */
  async health() {
    const response = await this.#fetch('GET', '/health');
    return response.json();
  }

  createSession({ userId, metadata } = {}) {
    return this.#send('POST', '/api/sessions', { user_id: userId, metadata });
  }

  getSession(sessionId) {
    return this.#send('GET', `/api/sessions/${encodeURIComponent(sessionId)}`);
  }

  endSession(sessionId) {
    return this.#send('DELETE', `/api/sessions/${encodeURIComponent(sessionId)}`);
  }

  /** `search` is the documented body: query, filters, sort, limit, offset. */
  searchProducts(search = {}) {
    return this.#send('POST', '/api/products/search', search);
  }

  trackEvent(sessionId, eventType, data = {}) {
    const body = { session_id: sessionId, event_type: eventType, data };
    return this.#send('POST', '/api/analytics/events', body);
  }

  getSessionAnalytics(sessionId) {
    return this.#send('GET', `/api/analytics/sessions/${encodeURIComponent(sessionId)}`);
  }

  executeTool(tool, parameters = {}) {
    return this.#send('POST', '/api/test/tool-execution', { tool, parameters });
  }

  /** A voice connection, which is being opened; without a token the API key opens a new session. */
  connectVoice(token = this.#apiKey, options = {}) {
    return new VoiceConnection(this.#baseUrl, token, options);
  }

  async #send(method, path, body) {
    const response = await this.#fetch(method, path, body);
    if (!response.ok) throw await errorOf(response);
    return response.json();
  }

  async #fetch(method, path, body) {
    const headers = this.#apiKey ? { Authorization: `Bearer ${this.#apiKey}` } : {};
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    try {
      return await fetch(this.#baseUrl + path, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
    } catch (error) {
      const why = error.cause?.message || error.message;
      throw new VoiceAgentError('UNREACHABLE', `no answer from ${this.#baseUrl}: ${why}`);
    }
  }
}
