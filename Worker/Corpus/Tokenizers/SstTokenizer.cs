using System.Buffers;

namespace DistEmbed.Worker.Corpus.Tokenizers;

/// <summary>
/// <c>clean_str_sst</c> of the code of Kim, "Convolutional Neural Networks for Sentence Classification", EMNLP 2014: every character but ASCII letters, digits
/// and <c>( ) , ! ? ' `</c> becomes a blank, then blanks part the tokens. Kim lower-cases afterwards, which here is the job's setting.
/// </summary>
public sealed class SstTokenizer : ITokenizer
{
    /// <summary>The characters that Kim's cleaning keeps.</summary>
    internal static readonly SearchValues<char> Kept =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789(),!?'`");

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<char> line, TokenList tokens)
    {
        while (true)
        {
            int start = line.IndexOfAny(Kept);
            if (start < 0)
                return;
            line = line[start..];
            int end = line.IndexOfAnyExcept(Kept);
            if (end < 0)
                end = line.Length;
            tokens.Add(line[..end]);
            line = line[end..];
        }
    }
}
