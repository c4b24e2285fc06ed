// Supervision where one writes, in Dutch.

export default {
  watched: 'Onder toezicht: regels kijken door wat hier wordt geschreven, en Juridisch leest wat ze eruit halen.',
  message: 'Bericht',
  send: 'Versturen',
  leave_it: 'Laat maar even',
  asked: 'Kijk hier nog eens naar voordat je het verstuurt',
  blocked: 'Dit kan hier niet worden verstuurd',
  change: 'Wijzigen',
  anyway: 'Toch versturen',
  discard: 'Weggooien',
};
