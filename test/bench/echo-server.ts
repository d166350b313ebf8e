/** The floor to compare with: a bare `ws` server that parses a CALL and answers it, nothing else. Sends its port to its parent. */
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  handleProtocols: () => 'ocpp1.6',
});
let transactionId = 0;

server.on('connection', (socket) => {
  socket.on('message', (data) => {
    const [, id, action] = JSON.parse(String(data));
    const payload =
      action === 'StartTransaction' ? { transactionId: ++transactionId, idTagInfo: { status: 'Accepted' } } : {};
    socket.send(JSON.stringify([3, id, payload]));
  });
});

server.on('listening', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
process.on('disconnect', () => process.exit(0));
