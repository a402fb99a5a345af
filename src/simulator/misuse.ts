/** A call that cannot be right. The message says what would be, and repeats nothing of what was given. */
export class SimulatorMisuse extends TypeError {
  override readonly name = 'SimulatorMisuse';
}
