import { VoiceAgentClient } from '@voice-agent/sdk';

const client = new VoiceAgentClient({
  apiKey: 'your-api-key',
  baseUrl: 'https://api.voice-agent.com'
});

// Create session
const session = await client.createSession();

// Connect WebSocket
const ws = client.connectVoice(session.token);

ws.on('transcription', (data) => {
  console.log('User said:', data.text);
});

ws.on('agent.response', (data) => {
  console.log('Agent:', data.text);
});

// Send audio
ws.sendAudio(audioBuffer);

// End session
ws.close();
