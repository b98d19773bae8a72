using System.CommandLine;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Coordinator.Cli;

/// <summary>Options that take one of a few words.</summary>
internal static class ChoiceOption
{
    public static Option<string?> Create(string name, string description, IReadOnlyCollection<string> words, bool required = false)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', words), Required = required };
        option.CompletionSources.Add([.. words]);
        option.Validators.Add(result =>
        {
            foreach (string given in result.Tokens.Select(t => t.Value).Where(value => !words.Contains(value)))
                result.AddError($"{name}: there is no `{given}`. {Spelling.Advice(given, words, "values")}");
        });
        return option;
    }
}
