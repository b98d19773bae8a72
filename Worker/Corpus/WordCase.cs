namespace DistEmbed.Worker.Corpus;

/// <summary>How a word is written, looked at before it is lower-cased: what Collobert et al. (JMLR 2011, section 4.5) and later taggers call its caps or casing feature.</summary>
public enum WordCase
{
    /// <summary>None of the others: punctuation, scripts without case, or a mixture with few digits and no letter of a case.</summary>
    Other,

    /// <summary>All lower case.</summary>
    Lower,

    /// <summary>All upper case, two letters or more.</summary>
    Upper,

    /// <summary>The first letter is upper case, the others are not.</summary>
    InitialUpper,

    /// <summary>An upper case letter later on, beside others.</summary>
    Mixed,

    /// <summary>Digits alone.</summary>
    Digits,

    /// <summary>More than half digits.</summary>
    MainlyDigits,

    /// <summary>Some digit.</summary>
    SomeDigits,
}

/// <summary>Finds the case of words.</summary>
public static class WordCases
{
    /// <summary>Number of cases.</summary>
    public const int Count = (int)WordCase.SomeDigits + 1;

    /// <summary>The case of a word. Digits go before letters; characters without case, such as hyphens, do not count.</summary>
    public static WordCase Of(ReadOnlySpan<char> word)
    {
        int digits = 0, upper = 0, lower = 0;
        foreach (char letter in word)
        {
            digits += char.IsDigit(letter) ? 1 : 0;
            upper += char.IsUpper(letter) ? 1 : 0;
            lower += char.IsLower(letter) ? 1 : 0;
        }

        if (digits > 0)
            return digits == word.Length ? WordCase.Digits : 2 * digits > word.Length ? WordCase.MainlyDigits : WordCase.SomeDigits;
        if (upper == 0)
            return lower > 0 ? WordCase.Lower : WordCase.Other;
        if (lower == 0 && upper > 1)
            return WordCase.Upper;
        return upper == 1 && char.IsUpper(word[0]) ? WordCase.InitialUpper : WordCase.Mixed;
    }
}
