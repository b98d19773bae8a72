using CsCheck;
using DistEmbed.Protocol.Files;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Files;

public sealed class TabFieldTests
{
    [Fact]
    public void Any_text_is_one_field_of_one_line_and_is_read_back() =>
        Gen.Frequency(
            (3, Gen.Char['a', 'z']), (1, Gen.Char),
            (3, Gen.OneOfConst('\t', '\n', '\r', '\\', 'u', 'n', '0', '\0', '\u001b', '\u0085', '\u2028', '\u2029', '\v', ' ')))
            .Array[0, 20].Select(characters => new string(characters)).Sample(text =>
            {
                string field = TabField.Escape(text);
                Assert.DoesNotContain(field, c => char.IsControl(c) || c is '\u2028' or '\u2029');
                Assert.True(TabField.TryUnescape(field, out string read), field);
                Assert.Equal(text, read);
            }, iter: TestScope.Of(100_000, 2000));

    [Fact]
    public void Escapes_are_those_of_the_vocabulary_file()
    {
        Assert.Equal(@"a\tb\nc\rd\\e\u0085f", TabField.Escape("a\tb\nc\rd\\e\u0085f"));
        const string Plain = "nothing to do é";
        Assert.Same(Plain, TabField.Escape(Plain));
    }

    [Theory]
    [InlineData(@"\")]
    [InlineData(@"a\x")]
    [InlineData(@"\u12")]
    [InlineData(@"\u12g4")]
    [InlineData(@"\u 12 ")]
    public void A_backslash_that_begins_no_escape_is_refused(string field) => Assert.False(TabField.TryUnescape(field, out _));
}
