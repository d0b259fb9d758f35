// Rounds to the nearest whole number, and half to the even one, as Python and numpy do.
export function roundHalfEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) {
    return rest < 0.5 ? below : below + 1;
  }
  return below % 2 === 0 ? below : below + 1;
}
