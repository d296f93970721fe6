// npm node-zklib 1.3.0 reads a simulated ZKTeco terminal. Argument: port.
const ZKLib = require('node-zklib');

async function main() {
  const device = new ZKLib('127.0.0.1', Number(process.argv[2]), 10000, 0);
  await device.createSocket();
  const { userCounts, logCounts } = await device.getInfo();
  console.log('info', userCounts, logCounts);
  const users = await device.getUsers();
  console.log('users', users.data.map((user) => `${user.uid}/${user.userId}`).join(','));
  const attendance = await device.getAttendances();
  console.log('attendance', attendance.data.length, attendance.err || 'whole');
  // A long read leaves listeners behind, and with one there it hears no events: so a session of their own.
  const listener = new ZKLib('127.0.0.1', Number(process.argv[2]), 10000, 0);
  await listener.createSocket();
  await listener.getRealTimeLogs((event) => {
    console.log('heard', event.userId);
    process.exit(0);
  });
  console.log('listening');
}

main().catch((error) => {
  console.log('failed', error);
  process.exit(1);
});
