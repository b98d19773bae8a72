using System.CommandLine;
using System.CommandLine.Parsing;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Coordinator.Cli;

/// <summary>What is wrong with a command line, a line each, with the nearest known name of what is misspelt.</summary>
internal static class CommandLineMistakes
{
    /// <summary>Every mistake; none: the command line can be run.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        // A misspelt name brings further errors with it (what follows has no place, what it stands for is missing), so it is told alone.
        string[] misspelt = [.. MisspeltOptions(parsed)];
        if (misspelt.Length > 0)
            return misspelt;
        Command command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && command.Action is null && parsed.Errors.Count > 0)
        {
            string[] known = [.. command.Subcommands.Select(c => c.Name)];
            return parsed.UnmatchedTokens is [{ } first, ..]
                ? [$"{PathOf(parsed.CommandResult)}: there is no command `{first}`. {Spelling.Advice(first, known, "commands")}"]
                : [$"{PathOf(parsed.CommandResult)}: needs a command. Known commands: {string.Join(", ", known)}."];
        }

        return [.. parsed.Errors.Select(Line)];
    }

    /// <summary>The names that lead to a command, as the user types them.</summary>
    public static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "distembed";

    private static IEnumerable<string> MisspeltOptions(ParseResult parsed)
    {
        // The parser takes an unknown option for the value of an argument where it finds one.
        foreach (string value in parsed.Tokens.TakeWhile(t => t.Type != TokenType.DoubleDash).Where(t => t.Type == TokenType.Argument).Select(t => t.Value))
        {
            if (value.Length < 2 || value[0] != '-' || !(value[1] == '-' || char.IsAsciiLetter(value[1])))
                continue;
            string name = value.Split('=', ':')[0];
            string[] known = [.. Commands(parsed.CommandResult).SelectMany(c => c.Options).Where(o => !o.Hidden).Select(o => o.Name)];
            yield return $"{PathOf(parsed.CommandResult)}: there is no option `{name}`. {Spelling.Advice(name, known, "options")} Put -- before values that begin with a dash.";
        }
    }

    private static IEnumerable<Command> Commands(CommandResult command)
    {
        yield return command.Command;
        for (SymbolResult? parent = command.Parent; parent is CommandResult above; parent = above.Parent)
        {
            foreach (Option option in above.Command.Options.Where(o => o.Recursive))
                yield return new Command(above.Command.Name) { option };
        }
    }

    private static string Line(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Tokens: [{ } token, ..] } option when TakesNumber(option.Option) && !int.TryParse(token.Value, out _) => $"{option.Option.Name}: '{token.Value}' is no whole number.",
        ArgumentResult { Tokens.Count: 0 } argument => $"{argument.Argument.Name} is missing.",
        _ => error.Message.ReplaceLineEndings(" "),
    };

    private static bool TakesNumber(Option option) => (Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType) == typeof(int);
}
