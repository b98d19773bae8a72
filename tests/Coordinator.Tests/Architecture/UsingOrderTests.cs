using System.Text.RegularExpressions;

namespace DistEmbed.Coordinator.Tests.Architecture;

/// <summary>The one rule of <c>dotnet format</c> that neither the build nor its check of white space knows.</summary>
public sealed class UsingOrderTests
{
    [Fact]
    public void Namespaces_of_the_system_come_first_and_then_all_in_the_order_of_the_alphabet()
    {
        string[] wrong =
        [
            .. from file in Repository.Files(".cs")
               let given = Regex.Matches(Repository.Code(file), @"^using ([\w.]+);", RegexOptions.Multiline)
                   .Select(match => match.Groups[1].Value).ToArray()
               let ordered = given.OrderBy(name => name.Split('.')[0] == "System" ? 0 : 1)
                   .ThenBy(name => name.Replace('.', '\u0001'), StringComparer.OrdinalIgnoreCase).ToArray()
               where !given.SequenceEqual(ordered)
               select $"{file}: expected {string.Join(", ", ordered)}",
        ];
        Assert.True(wrong.Length == 0, $"{wrong.Length} files with directives in another order:\n  {string.Join("\n  ", wrong)}");
    }
}
