using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using static System.FormattableString;

namespace DistEmbed.Worker.Corpus;

/// <summary>Counts examples that have no token, and decides what becomes of them: the same for every format.</summary>
/// <param name="policy">What the job says.</param>
internal sealed class EmptyExamples(EmptyText policy)
{
    private (string Where, string Text)? _first;
    private int _count;

    /// <summary>A line for the user; null: there are none.</summary>
    public string? Note => _count == 0 ? null
        : policy == EmptyText.Skip ? Invariant($"emptyText skip: {_count:N0} examples without text are left out")
        : Invariant($"{_count:N0} examples have no token; they are kept");

    /// <summary>Takes one more; whether it is left out.</summary>
    public bool LeavesOut(string where, string text)
    {
        _first ??= (where, text);
        _count++;
        return policy != EmptyText.Keep;
    }

    /// <summary>To be called when a part is read.</summary>
    /// <exception cref="InvalidInputException">There are such examples, and the job refuses them.</exception>
    public void ThrowIfRefused()
    {
        if (policy != EmptyText.Refuse || _first is not { } first)
            return;
        string more = _count > 1 ? Invariant($" {_count - 1:N0} more are like it.") : "";
        string what = string.IsNullOrWhiteSpace(first.Text) ? "The example has no text." : $"The tokenizer leaves nothing of the example's text '{PrintableText.Excerpt(first.Text.Trim())}'.";
        throw new InvalidInputException(first.Where, what + more, "Correct the file, or set data.emptyText to skip (leave such examples out) or keep.");
    }
}
