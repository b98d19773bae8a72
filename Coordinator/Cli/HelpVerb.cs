using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Help as people ask for it: <c>distembed help VERB</c> is <c>distembed VERB --help</c>.</summary>
internal static class HelpVerb
{
    private const string Name = "help";

    /// <summary>The command line that asks for the same help by option; any other as it is.</summary>
    /// <exception cref="InvalidInputException">There is no such command.</exception>
    public static string[] Expand(RootCommand root, string[] arguments)
    {
        if (arguments is not [Name, .. string[] verbs])
            return arguments;
        Command command = root;
        foreach (string verb in verbs.Where(verb => !verb.StartsWith('-')))
        {
            command = command.Subcommands.FirstOrDefault(known => known.Name == verb) ?? throw new InvalidInputException(
                $"distembed {Name}", $"there is no command `{verb}`.", Spelling.Advice(verb, [.. command.Subcommands.Select(known => known.Name)], "commands"));
        }

        return [.. verbs, "--help"];
    }

    /// <summary>Has the help of a subcommand leave out what its parent takes, as <c>freeze explain</c> takes no group.</summary>
    public static void Improve(RootCommand root)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
            option.Action = new WithoutParents((SynchronousCommandLineAction)option.Action!);
    }

    private sealed class WithoutParents(SynchronousCommandLineAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => help.ClearsParseErrors;

        public override bool Terminating => help.Terminating;

        public override int Invoke(ParseResult parseResult)
        {
            foreach (Argument argument in parseResult.CommandResult.Command.Parents.OfType<Command>().SelectMany(parent => parent.Arguments))
                argument.Hidden = true;
            return help.Invoke(parseResult);
        }
    }
}
