using System.Security.Cryptography;
using System.Text;
using CsCheck;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Protocol.Tests.Vocabulary;

public class UnicodeNormalizationTests
{
    [Theory]
    [InlineData("cafe\u0301", "caf\u00E9", "caf\u00E9")]
    [InlineData("\u212B\u2126", "\u00C5\u03A9", "\u00C5\u03A9")]
    [InlineData("\uFB01ne \uFF21", "\uFB01ne \uFF21", "fine A")]
    [InlineData("\u1112\u1161\u11AB\uAC00\u11A8", "\uD55C\uAC01", "\uD55C\uAC01")] // Hangul
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C")] // never composed
    [InlineData("q\u0307\u0323", "q\u0323\u0307", "q\u0323\u0307")]
    [InlineData("\u0344", "\u0308\u0301", "\u0308\u0301")]
    [InlineData("\u00BD\u00A0\u00B2", "\u00BD\u00A0\u00B2", "1\u20442 2")]
    [InlineData("\uFDFA", "\uFDFA", "\u0635\u0644\u0649 \u0627\u0644\u0644\u0647 \u0639\u0644\u064A\u0647 \u0648\u0633\u0644\u0645")]
    [InlineData("\u304B\u3099\uFF76\uFF9E", "\u304C\uFF76\uFF9E", "\u304C\u30AC")]
    [InlineData("\uD800e\u0301", "\uD800\u00E9", "\uD800\u00E9")] // half of a pair
    public void Forms_are_those_of_Unicode(string text, string nfc, string nfkc)
    {
        Assert.Equal(text, UnicodeNormalization.Of(text, Normalization.None));
        Assert.Equal(nfc, UnicodeNormalization.Of(text, Normalization.Nfc));
        Assert.Equal(nfkc, UnicodeNormalization.Of(text, Normalization.Nfkc));
    }

    /// <summary>The hashes are those of Python's unicodedata 14.0 for the same texts.</summary>
    [Theory]
    [InlineData(Normalization.Nfc, "704573d50dc74480a0a0753735ffbfa07b30f15398cda55f715953c1ded04038")]
    [InlineData(Normalization.Nfkc, "7c6741600c9402ae4e8de9cb8c95311571c89a8a40d728e71e9aed3581efb9b2")]
    public void Every_character_between_a_letter_and_two_marks_is_as_Python_has_it(Normalization form, string sha256)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int code = 0; code <= 0x10FFFF; code++)
        {
            if (Rune.IsValid(code))
                hash.AppendData(Encoding.UTF8.GetBytes(UnicodeNormalization.Of($"a{new Rune(code)}\u0301\u0327", form)));
        }

        Assert.Equal(sha256, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    [Fact]
    public void A_form_stays_as_it_is() => Gen.Select(Gen.String, Gen.Enum<Normalization>()).Sample(
        (text, form) => UnicodeNormalization.Of(UnicodeNormalization.Of(text, form), form) == UnicodeNormalization.Of(text, form), iter: 5000);
}
