namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>Asks again while the coordinator is away, after pauses that double from 0.2 to 10 seconds, and says so once for each absence.</summary>
/// <param name="tell">Gets a line for the log.</param>
public sealed class Patience(Action<string> tell)
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    /// <summary>Does <paramref name="attempt"/> until it no longer throws <see cref="FilesAwayException"/>.</summary>
    /// <param name="what">What is being done, for the log.</param>
    /// <param name="attempt">
    /// The work. It calls its argument whenever it got further: the pauses start small again.
    /// </param>
    /// <param name="stop">Ends the trying.</param>
    public async Task<T> TryAsync<T>(string what, Func<Action, Task<T>> attempt, CancellationToken stop)
    {
        TimeSpan pause = s_shortest;
        bool away = false;
        for (; ; )
        {
            try
            {
                return await attempt(Further).ConfigureAwait(false);
            }
            catch (FilesAwayException absence)
            {
                if (!away)
                    tell($"{what}: the coordinator does not answer, trying again: {absence.Message}");
                away = true;
            }

            await Task.Delay(pause, stop).ConfigureAwait(false);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longest.Ticks));
        }

        void Further()
        {
            if (away)
                tell($"{what}: the coordinator answers again");
            (away, pause) = (false, s_shortest);
        }
    }
}
