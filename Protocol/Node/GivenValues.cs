using System.CommandLine;

namespace DistEmbed.Protocol.Node;

/// <summary>A value that the user gave, and where: a flag or an environment variable.</summary>
internal readonly record struct GivenValue(string Where, string Value);

/// <summary>Values of options from the command line, else from the environment.</summary>
/// <param name="parsed">The command line.</param>
/// <param name="variable">Value of an environment variable.</param>
internal sealed class GivenValues(ParseResult parsed, Func<string, string?> variable)
{
    /// <summary>The value of an option; null: not given. An empty variable counts as not given.</summary>
    public GivenValue? Of(Option option)
    {
        if (parsed.GetResult(option) is { Implicit: false } result)
            return new GivenValue(option.Name, result.Tokens.Count == 0 ? "true" : result.Tokens[^1].Value);
        string name = NodeArguments.VariableOf(option.Name);
        return variable(name) is { Length: > 0 } value ? new GivenValue(name, value.Trim()) : null;
    }

    /// <summary>Every value of an option that may be repeated; a variable separates them by commas.</summary>
    public IReadOnlyList<GivenValue> All(Option option)
    {
        if (parsed.GetResult(option) is { Implicit: false } result)
            return [.. result.Tokens.Select(token => new GivenValue(option.Name, token.Value))];
        string name = NodeArguments.VariableOf(option.Name);
        return [.. (variable(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(value => new GivenValue(name, value))];
    }
}
