from voice_agent import VoiceAgentClient

client = VoiceAgentClient(
    api_key="your-api-key",
    base_url="https://api.voice-agent.com"
)

# Create session
session = client.create_session()

# Connect WebSocket
async with client.connect_voice(session.token) as ws:
    # Handle messages
    async for message in ws:
        if message.type == "transcription":
            print(f"User: {message.data.text}")
        elif message.type == "agent.response":
            print(f"Agent: {message.data.text}")
    
    # Send audio
    await ws.send_audio(audio_data)
