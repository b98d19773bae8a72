namespace DistEmbed.Process.Tests.Deploy;

/// <summary>Flags of the nodes, as <c>deploy/</c> uses them; <see cref="ExecutableFlagTests"/> compares them with what the executables say.</summary>
internal static class NodeFlags
{
    private static readonly string[] s_all =
    [
        "--seed", "--name", "--cluster", "--host", "--public-host", "--cluster-port", "--metrics-port", "--cache", "--tls-certificate", "--tls-key", "--tls-authority", "--insecure",
        "--token-file",
    ];

    /// <summary>By program: <c>distembed</c> stands for <c>distembed serve</c>.</summary>
    public static IReadOnlyDictionary<string, string[]> Of { get; } = new Dictionary<string, string[]>
    {
        ["distembed"] = [.. s_all, "--port", "--runs", "--models"],
        ["distembed-ps"] = [.. s_all, "--row-port"],
        ["distembed-worker"] = [.. s_all, "--models"],
    };

    public static string VariableOf(string flag) => "DISTEMBED_" + flag.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    /// <summary>Fails unless every flag and every variable named in a text is one of the program.</summary>
    public static void AssertKnown(string program, IEnumerable<string> words, string where)
    {
        foreach (string word in words)
        {
            bool known = word.StartsWith("--", StringComparison.Ordinal) ? Of[program].Contains(word)
                : !word.StartsWith("DISTEMBED_", StringComparison.Ordinal) || Of[program].Select(VariableOf).Contains(word);
            Assert.True(known, $"{where}: {program} knows no {word}");
        }
    }
}
