export interface Money { amount: string; currency: string }

export interface Variant {
  id: string;
  size: string | null;
  color: string | null;
  available: boolean;
  inventory_quantity: number | null;
  price?: Money;
  compare_at_price?: Money;
  options?: Record<string, string>;
}

export interface Product {
  id: string;
  title: string;
  description: string;
  price: Money;
  images: string[];
  variants: Variant[];
  vendor?: string;
  category?: string;
  tags?: string[];
  options?: Record<string, string[]>;
  attributes?: Record<string, string>;
}

export interface CartLine {
  line_id: string;
  product_id: string;
  title: string;
  options: Record<string, string>;
  modifiers: Record<string, string>;
  quantity: number;
  unit_price: string;
  line_total: string;
  currency: string;
  is_sold: boolean;
}

export interface Cart {
  lines: CartLine[];
  subtotal: string;
  discount: string;
  discount_code: string | null;
  total: string;
  currency: string;
  count: number;
}

export interface Session { session_id: string; token: string; expires_at: string }

export interface SessionDetails {
  session_id: string;
  status: 'active' | 'ended' | 'expired';
  started_at: string;
  messages: { role: 'user' | 'assistant'; content: string; timestamp: string; tools_used?: string[] }[];
  context: { cart_items: CartLine[]; viewed_products: string[] };
}

export interface SessionAnalytics {
  session_id: string;
  metrics: {
    duration_seconds: number;
    messages_count: number;
    tools_executed: number;
    products_viewed: number;
    cart_value: number;
  };
  tool_usage: Record<string, number>;
  intents: string[];
}

export interface ProductSearch {
  query?: string;
  filters?: {
    category?: string;
    price_range?: { min?: number; max?: number };
    size?: string;
    color?: string;
    brand?: string;
    options?: Record<string, string>;
    exclude?: string[];
    on_sale?: boolean;
    in_stock?: boolean;
  };
  sort?: 'relevance' | 'price_asc' | 'price_desc' | 'newest' | 'rating' | 'discount';
  limit?: number;
  offset?: number;
}

export interface ToolOutcome {
  tool: string;
  arguments: Record<string, unknown>;
  success: boolean;
  duration_ms: number;
  result?: Record<string, unknown>;
  error?: ErrorData;
}

export interface Health {
  status: 'healthy' | 'degraded' | 'unhealthy';
  version: string;
  checks: Record<string, 'healthy' | 'loading' | 'unhealthy' | 'not_configured'>;
}

export interface ErrorData { code: string; message: string; details?: Record<string, unknown> }

export interface Transcription {
  text: string;
  confidence: number;
  /** Whether the utterance is over; a final text of nothing means that it was no speech. */
  is_final: boolean;
  turn_id?: string;
  words?: { word: string; start: number; end: number; confidence: number }[];
}

export interface AgentResponse {
  text: string;
  intent: string;
  tools_used: string[];
  turn_id?: string;
  products?: Product[];
  cart?: Cart;
  timings_ms?: Record<string, number>;
}

export interface AudioOutput {
  /** Base64; `fromBase64` makes bytes of it. One sentence, decodable alone. */
  audio: string;
  format: AudioFormat;
  duration_ms: number;
  sequence: number;
  is_last: boolean;
  text: string;
  sample_rate: number;
  turn_id?: string;
}

/** What each type of message carries. */
export interface Messages {
  'session.ready': { session_id: string; room: string; token: string };
  /** `reason`: ended, expired, taken_over or shutdown. */
  'session.ended': { session_id: string; reason: string };
  'speech.started': { turn_id: string };
  transcription: Transcription;
  'agent.response': AgentResponse;
  'audio.output': AudioOutput;
  /** The shopper spoke over the answer: play nothing more of it. */
  'agent.interrupted': { turn_id: string; heard: string };
  error: ErrorData;
  'agent.understood': { turn_id: string; calls: Record<string, unknown>[]; question?: string; latency_ms: number };
  'tool.started': { turn_id: string; tool: string; arguments: Record<string, unknown> };
  'tool.finished': ToolOutcome & { turn_id: string };
  'turn.metrics': {
    turn_id: string;
    end_of_speech_ms: number;
    transcript_ms: number;
    understood_ms: number;
    first_audio_ms: number;
    stages: Record<string, number>;
  };
  /** From the SDK: the connection broke and is being restored; `session.ready` follows. */
  'connection.lost': { reason: string };
  /** From the SDK: the last there is. */
  close: { reason: string };
}

export type Message = { [Type in keyof Messages]: { type: Type; data: Messages[Type] } }[keyof Messages];
export type AudioFormat = 'mp3' | 'pcm16' | 'wav' | 'opus';

/** PCM16 samples or bytes, floats from -1 to 1, a whole WAV file, or a Web Audio `AudioBuffer`. */
export type Audio =
  | Int16Array
  | Float32Array
  | Uint8Array
  | ArrayBuffer
  | { numberOfChannels: number; sampleRate: number; getChannelData(channel: number): Float32Array };

export interface VoiceOptions {
  /** With an API key in place of a token: the session to resume. */
  sessionId?: string;
  userId?: string;
  context?: { store_id?: string; preferences?: { size?: string; budget?: number; brand?: string; color?: string } };
  /** Of the answers' audio; mp3 unless you say otherwise. */
  format?: AudioFormat;
  /** Of the audio that is sent, in Hz; 16000 unless you say otherwise. */
  sampleRate?: number;
  /** Also get agent.understood, tool.started, tool.finished and turn.metrics. */
  details?: boolean;
  /** How long to try to come back after the connection is lost; 60000 unless you say otherwise. */
  reconnectForMs?: number;
}

export class VoiceConnection implements AsyncIterable<Message> {
  readonly sessionId: string | null;
  readonly state: 'connecting' | 'open' | 'reconnecting' | 'closed';
  on<Type extends keyof Messages>(type: Type, handler: (data: Messages[Type]) => void): this;
  on(type: 'message', handler: (message: Message) => void): this;
  off<Type extends keyof Messages>(type: Type, handler: (data: Messages[Type]) => void): this;
  off(type: 'message', handler: (message: Message) => void): this;
  /** Send audio, no faster than the server takes it. Resolves once it is sent. */
  sendAudio(audio: Audio, options?: { sampleRate?: number }): Promise<void>;
  /** Say something by typing it. Resolves once it is sent. */
  sendText(text: string): Promise<void>;
  /** Resolves once everything sent so far is answered, or will not be. */
  answered(): Promise<void>;
  /** Wait for what is still to be answered, end the session, and disconnect. */
  close(): Promise<void>;
  /** Disconnect now; the session can be resumed until it times out. */
  disconnect(): void;
  [Symbol.asyncIterator](): AsyncIterator<Message>;
}

export class VoiceAgentClient {
  constructor(options?: { apiKey?: string; baseUrl?: string; timeoutMs?: number });
  health(): Promise<Health>;
  createSession(options?: { userId?: string; metadata?: Record<string, unknown> }): Promise<Session>;
  getSession(sessionId: string): Promise<SessionDetails>;
  endSession(sessionId: string): Promise<{ message: string; duration_seconds: number }>;
  searchProducts(search?: ProductSearch): Promise<{ products: Product[]; total_count: number; has_more: boolean }>;
  trackEvent(
    sessionId: string,
    eventType: string,
    data?: Record<string, unknown>,
  ): Promise<{ event_id: string; timestamp: string }>;
  getSessionAnalytics(sessionId: string): Promise<SessionAnalytics>;
  executeTool(tool: string, parameters?: Record<string, unknown>): Promise<ToolOutcome>;
  /** A voice connection, opened in the background; without a token the API key opens a new session. */
  connectVoice(token?: string, options?: VoiceOptions): VoiceConnection;
}

export class VoiceAgentError extends Error {
  code: string;
  details: Record<string, unknown>;
  status?: number;
}

/** The bytes of a base64 text. */
export function fromBase64(text: string): Uint8Array;
