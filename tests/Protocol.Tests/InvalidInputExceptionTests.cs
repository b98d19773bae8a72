using System.Globalization;
using System.Text;
using CsCheck;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests;

public sealed class InvalidInputExceptionTests
{
    /// <summary>
    /// Characters of data, with more of those that a message must not pass on than there are in any text.
    /// </summary>
    private static readonly Gen<char> s_character = Gen.Frequency(
        (4, Gen.Char['a', 'z']),
        (2, Gen.OneOfConst(
            '\n', '\r', '\t', '\0', '\u001b', '\a', '\v', '\f', '\u0085', '\u2028', '\u2029', '\u202e', '\ufeff', '\'', '`', '"', ' ', '\\')),
        (1, Gen.Char), (1, Gen.OneOfConst('\ud83d', '\ude00')));

    private static readonly Gen<string> s_data =
        Gen.OneOf(s_character.Array[0, 100], s_character.Array[1000, 5000]).Select(characters => new string(characters));

    [Fact]
    public void Whatever_the_data_hold_an_error_is_one_line_of_a_few_hundred_characters() =>
        Gen.Select(s_data, s_data, s_data, s_data).Sample((where, value, reason, fix) =>
    {
        var errors = new InvalidInputException([
            new InputError($"{where}:12", $"The label '{value}' has no text: {reason}.", $"Set it to one of {fix}."),
            new InputError(where, reason, fix) with { Fix = value }]);
        Assert.Equal(2, errors.Message.Split(Environment.NewLine).Length);
        foreach (InputError error in errors.Errors)
        {
            string line = error.ToString();
            Assert.True(line.Length <= 1303, $"{line.Length}");
            Assert.DoesNotContain(line.EnumerateRunes(), rune => rune.Value == 0xFEFF || Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            Assert.Equal(line, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(line)));
            Assert.Equal(error, new InputError(error.Where, error.What, error.Fix));
        }

        Assert.Contains(":12", errors.Errors[0].Where[^3..], StringComparison.Ordinal);
    }, iter: TestScope.Of(100_000, 1000));

    [Fact]
    public void A_quoted_value_is_cut_and_what_stands_behind_it_is_not()
    {
        string long100 = new('x', 100_000);
        var error = new InputError(
            "a.txt:2", $"The label '{long100}' has no text after it, and `{long100}` neither; there are {60_000:N0}.", "");
        string cut = new('x', 60);
        Assert.Equal($"The label '{cut}...' has no text after it, and `{cut}...` neither; there are 60,000.", error.What);
        Assert.Equal($"it is '{cut}'.", new InputError("", $"it is '{cut}'.", "").What);
    }

    [Fact]
    public void Control_characters_are_shown_and_not_obeyed()
    {
        string key = "a\nerror: faked.txt:1: a second message", other = "\u001b[2J\a\t\u202e";
        var error = new InputError("raw.jsonl:1", $"The object has no 'label'; it has: {key}, {other}.", "");
        Assert.Equal(
            @"The object has no 'label'; it has: a\nerror: faked.txt:1: a second message, \u001b[2J\u0007\t\u202e.", error.What);
        Assert.Equal(@"C:\new\data", new InputError("", @"C:\new\data", "").What);
    }

    [Fact]
    public void Of_many_errors_of_a_file_the_first_are_told_and_the_rest_is_counted()
    {
        InputError[] few = [.. Enumerable.Range(1, 3).SelectMany(line => (InputError[])[
            new($"job.json:{line} training.batch", "is 0.", ""), new($"--set x{line}", "is unknown.", "")])];
        InputError[] many = [.. Enumerable.Range(1, 60_000).Select(line => new InputError($"dev.txt:{line}", "is wrong.", "")), .. few];
        IReadOnlyList<InputError> errors = new InvalidInputException(many).Errors;
        Assert.Equal(20 + 3 + 3 + 1, errors.Count);
        Assert.Equal(new InputError("dev.txt", "has 59,980 more errors.", "Correct these first."), errors[^1]);
        Assert.Equal(many[..20], new InvalidInputException(many[..20]).Errors);
    }

    [Fact]
    public void Lists_are_cut_after_about_ten()
    {
        string[] names = [.. Enumerable.Range(1, 60_000).Select(i => $"column{i}")];
        Assert.Equal($"{string.Join(", ", names[..10])} and 59,990 more", PrintableText.List(names));
        Assert.Equal("a, b", PrintableText.List(["a", "b"]));
        Assert.Equal("", PrintableText.List([]));
        Assert.Equal("a, b and 5 more", PrintableText.List(["a", "b"], 7));
        Assert.InRange(PrintableText.List(Enumerable.Repeat(new string('x', 500), 100)).Length, 200, 450);
    }
}
