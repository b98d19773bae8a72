using Xunit;

namespace DistEmbed.Testing.Processes;

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
public sealed record Ended(int ExitCode, string Output, string Error)
{
    /// <summary>What was run.</summary>
    public string Command { get; init; } = "";

    /// <summary>Where it was run.</summary>
    public string Folder { get; init; } = "";

    /// <summary>The lines of standard error.</summary>
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Fails unless it ended with this exit code.</summary>
    /// <returns>This.</returns>
    public Ended Expect(int exitCode)
    {
        if (ExitCode != exitCode)
            Assert.Fail($"exit code {ExitCode}, expected {exitCode}: {Command}\n{Output}\n{Error}\n{ProcessHistory.Of(Folder)}");
        return this;
    }
}
