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
}
