using System.Globalization;

namespace DistEmbed.Benchmarks;

/// <summary>The options of a benchmark: pairs of --name and value. An option that nobody asked for is an error.</summary>
internal sealed class BenchmarkArguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public BenchmarkArguments(IReadOnlyList<string> args)
    {
        for (int i = 0; i < args.Count; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == args.Count)
                throw new ArgumentException($"'{args[i]}': options are --name value");
            _values[args[i][2..]] = args[i + 1];
        }
    }

    public int Int(string name, int standard)
    {
        if (!_values.Remove(name, out string? text))
            return standard;
        return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw new ArgumentException($"--{name} {text}: not a positive number");
    }

    /// <summary>Names that are wanted, separated by commas; null: all.</summary>
    public string[]? Names(string name) => _values.Remove(name, out string? text) ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : null;

    public bool Flag(string name, bool standard)
    {
        if (!_values.Remove(name, out string? text))
            return standard;
        return bool.TryParse(text, out bool value) ? value : throw new ArgumentException($"--{name} {text}: true or false");
    }

    /// <summary>Call when every option has been asked for.</summary>
    public void ThrowIfUnknown()
    {
        if (_values.Count > 0)
            throw new ArgumentException($"unknown option --{_values.Keys.First()}");
    }
}
