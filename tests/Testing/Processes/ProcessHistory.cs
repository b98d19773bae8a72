using System.Collections.Concurrent;
using System.Text;

namespace DistEmbed.Testing.Processes;

/// <summary>The processes that a test has started in its folder: what each printed last, for the message of a test that fails.</summary>
public static class ProcessHistory
{
    private const int Lines = 12;
    private const int Processes = 12;
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<DistEmbedProcess>> s_started = [];

    /// <summary>The last lines of the last processes of a folder, in order of their start, and the folder.</summary>
    public static string Of(string folder)
    {
        var text = new StringBuilder();
        foreach (DistEmbedProcess process in s_started.GetValueOrDefault(folder)?.TakeLast(Processes) ?? [])
        {
            text.Append("--- ").Append(process.Command).Append(" (").Append(process.State()).Append(")\n");
            foreach (string line in Last(process.Output).Concat(Last(process.Error).Select(line => "! " + line)))
                text.Append("    ").Append(line).Append('\n');
        }

        return text.Append("folder: ").Append(folder).Append(" (it stays if the test fails)").ToString();
    }

    /// <summary>Forgets the processes of a folder.</summary>
    public static void Forget(string folder) => s_started.TryRemove(folder, out _);

    internal static void Add(DistEmbedProcess process) => s_started.GetOrAdd(process.Folder, _ => []).Enqueue(process);

    private static IEnumerable<string> Last(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(Lines);
}
