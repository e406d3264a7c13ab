"""A function that answers with LangChain and OpenSearch, as tutorials write it; its imports are measured."""

import json

import boto3
from langchain_community.llms.sagemaker_endpoint import LLMContentHandler, SagemakerEndpoint
from langchain_community.vectorstores import OpenSearchVectorSearch
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from opensearchpy import OpenSearch, RequestsHttpConnection
from requests_aws4auth import AWS4Auth

__all__ = [
    "AWS4Auth",
    "ChatPromptTemplate",
    "LLMContentHandler",
    "OpenSearch",
    "OpenSearchVectorSearch",
    "RequestsHttpConnection",
    "RunnablePassthrough",
    "SagemakerEndpoint",
    "StrOutputParser",
    "boto3",
    "json",
]
