namespace DistEmbed.Testing.Processes;

/// <summary>Where a process listens, as the kernel of Linux tells.</summary>
public static class ListeningSockets
{
    private const string Listening = "0A";
    private const string Loopback6 = "00000000000000000000000001000000";
    private const string Mapped4 = "0000000000000000FFFF0000";

    /// <summary>Local ends in the kernel's hexadecimal, address:port.</summary>
    public static IReadOnlyList<string> Of(int process)
    {
        var sockets = Directory.EnumerateFiles($"/proc/{process}/fd").Select(file => new FileInfo(file).LinkTarget ?? "")
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal)).Select(target => target[8..^1]).ToHashSet();
        return [.. new[] { "tcp", "tcp6" }.Select(kind => $"/proc/{process}/net/{kind}").Where(File.Exists).SelectMany(file => File.ReadLines(file).Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == Listening && sockets.Contains(fields[9])).Select(fields => fields[1])];
    }

    /// <summary>Whether only this machine reaches it. The kernel writes the four bytes of an address from the last to the first.</summary>
    public static bool IsLoopback(string end)
    {
        string address = end.Split(':')[0];
        return address == Loopback6 || (address.Length == 8 || address.StartsWith(Mapped4, StringComparison.Ordinal)) && address.EndsWith("7F", StringComparison.Ordinal);
    }
}
