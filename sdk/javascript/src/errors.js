/** What the server refuses, or a connection loses. `code` and `details` are the API's; `status` is HTTP's. */
export class VoiceAgentError extends Error {
  constructor(code, message, details = {}, status = undefined) {
    super(message);
    this.name = 'VoiceAgentError';
    this.code = code;
    this.details = details;
    this.status = status;
  }
}

/** The error that an answer of the server is, whatever its body. */
export async function errorOf(response) {
  const body = await response.json().catch(() => null);
  const { code, message, details } = body?.error ?? {};
  return new VoiceAgentError(
    code ?? `HTTP_${response.status}`,
    message ?? `the server answered with status ${response.status}`,
    details ?? {},
    response.status,
  );
}
