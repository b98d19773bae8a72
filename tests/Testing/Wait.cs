using System.Diagnostics;

namespace DistEmbed.Testing;

/// <summary>Waits for what another thread, actor or process does. The deadline is generous: it costs time only where something is broken.</summary>
public static class Wait
{
    /// <summary>How long a wait lasts unless told otherwise.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="holds">The condition; it is tried many times.</param>
    /// <param name="what">What is awaited, for the failure's message.</param>
    /// <param name="state">What the failure's message says of the state at the end.</param>
    /// <param name="deadline">Instead of <see cref="Deadline"/>.</param>
    /// <exception cref="TimeoutException">It did not hold within the deadline.</exception>
    public static async Task UntilAsync(Func<bool> holds, string what, Func<string>? state = null, TimeSpan? deadline = null)
    {
        TimeSpan patience = deadline ?? Deadline;
        long start = Stopwatch.GetTimestamp();
        while (!holds())
        {
            if (Stopwatch.GetElapsedTime(start) >= patience)
                throw new TimeoutException($"Not within {patience.TotalSeconds:0.##} s: {what}.{(state is null ? "" : $" At the end: {state()}")}");
            await Task.Delay(s_pause).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until a condition holds, but not longer than somebody works who can make it hold.</summary>
    /// <param name="holds">The condition.</param>
    /// <param name="hasEnded">Whether nobody works any more.</param>
    /// <param name="every">How often it is tried.</param>
    /// <returns>Null where it holds; else why it is no longer awaited.</returns>
    internal static async Task<string?> UntilAsync(Func<Task<bool>> holds, Func<bool> hasEnded, TimeSpan every)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            bool ended = hasEnded(); // before the last look: what was done until the end counts
            if (await holds().ConfigureAwait(false))
                return null;
            if (ended)
                return "ended before:";
            if (Stopwatch.GetElapsedTime(start) > Deadline)
                return $"goes on, but within {Deadline.TotalMinutes} minutes there was not:";
            await Task.Delay(every).ConfigureAwait(false);
        }
    }
}
