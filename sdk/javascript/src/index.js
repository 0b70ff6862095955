/** Talk to a voice-agent server: sessions, products, and the voice connection. */

export { VoiceAgentClient } from './client.js';
export { VoiceConnection } from './voice.js';
export { VoiceAgentError } from './errors.js';
export { fromBase64 } from './audio.js';
